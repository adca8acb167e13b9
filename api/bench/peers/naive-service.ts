import "reflect-metadata";
import type { AddressInfo } from "node:net";
import { ApolloServer } from "@apollo/server";
import { expressMiddleware } from "@as-integrations/express5";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import express from "express";
import { Arg, buildSchema, Field, FieldResolver, ID, Int, ObjectType, Query, Resolver, Root } from "type-graphql";
import { Column, DataSource, Entity, PrimaryColumn } from "typeorm";

/**
 * The service that everybody writes first: an entity that is the GraphQL type, `find`, and `getSignedUrl` in a field
 * resolver. One client for all, since most people get that far. No token, no limits. P1 and P3 measure against it.
 */

@Entity({ name: "naive_files" })
@ObjectType("File")
class NaiveFile {
  @PrimaryColumn("uuid")
  @Field(() => ID)
  id!: string;
  @Column("text")
  ownerId!: string;
  @Column("text")
  key!: string;
  @Column("text")
  @Field(() => String)
  filename!: string;
  @Column("text")
  @Field(() => String)
  contentType!: string;
  @Column("bigint")
  @Field(() => String)
  size!: string;
  @Column("text")
  @Field(() => String)
  status!: string;
  @Column("timestamptz")
  @Field(() => Date)
  createdAt!: Date;
}

const { DATABASE_URL, S3_ENDPOINT, S3_REGION, S3_BUCKET, OWNER } = process.env as Record<string, string>;
const db = new DataSource({ type: "postgres", url: DATABASE_URL!, entities: [NaiveFile] });
const s3 = new S3Client({ endpoint: S3_ENDPOINT!, region: S3_REGION!, forcePathStyle: true });

@Resolver(() => NaiveFile)
class NaiveFileResolver {
  @Query(() => [NaiveFile])
  files(@Arg("first", () => Int) first: number): Promise<NaiveFile[]> {
    return db.getRepository(NaiveFile).find({ where: { ownerId: OWNER! }, order: { createdAt: "DESC" }, take: first });
  }

  @FieldResolver(() => String)
  url(@Root() file: NaiveFile): Promise<string> {
    return getSignedUrl(s3, new GetObjectCommand({ Bucket: S3_BUCKET!, Key: file.key }), { expiresIn: 3600 });
  }
}

await db.initialize();
const apollo = new ApolloServer({ schema: await buildSchema({ resolvers: [NaiveFileResolver], validate: false }) });
await apollo.start();
const app = express();
app.use("/", express.json(), expressMiddleware(apollo));
const server = app.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
